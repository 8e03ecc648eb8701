"""One verb a file; the only place where the pure stages meet disk and tracking."""
