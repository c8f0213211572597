"""Takes secrets and personal numbers out of text before anybody sees it: cards, prompts, the audit trail, our logs."""

from bot.redaction.masker import Masker, Redacted, mask, mask_field, use

__all__ = ["Masker", "Redacted", "mask", "mask_field", "use"]
