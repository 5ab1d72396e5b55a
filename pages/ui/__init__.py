"""What the pages share: nothing here computes, everything here shows, caches or reads a link."""
