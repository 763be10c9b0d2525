"""Voice packages: what one is (`card`), where they are found (`library`), and one at work (`singer`)."""
