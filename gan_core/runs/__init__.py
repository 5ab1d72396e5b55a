"""The training studio: runs as processes of their own, their histories, what ails them and what helps."""
