"""What the responder does with each kind of event: answering, approving, watching over incidents."""
