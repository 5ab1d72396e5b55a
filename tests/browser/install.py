"""Make sure that a Chromium is there: the system's, else Debian's package, else Playwright's own."""

import os
import shutil
import subprocess
import sys


def main() -> int:
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        packages = ["chromium", "fonts-dejavu-core"]
        install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
        if all(subprocess.run(command).returncode == 0 for command in (["apt-get", "update", "--quiet"], install)):
            return 0
    return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"]).returncode


if __name__ == "__main__":
    sys.exit(main())
