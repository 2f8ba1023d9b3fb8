"""The register: words in French and English, states, and what is published, declared once."""
