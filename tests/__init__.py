"""Everything that checks Framehook; nothing here ships."""
