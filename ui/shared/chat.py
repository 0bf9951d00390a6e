"""The switch between a plain sentence and a message in the model's chat template."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

import attention_core as ac
from attention_core.errors import InputError
from ui.shared.selection import chosen, put

MESSAGE = "message"
HELP = "As a user’s message in this model’s chat template, up to where the assistant answers: roles are tokens too."


class Template(NamedTuple):
    """What a chat template writes before and after a user's message."""

    before: str
    after: str

    @classmethod
    def of(cls, model: ac.Model | ac.EncoderDecoder) -> Template | None:
        """The template of a model; None without one."""
        if not isinstance(model, ac.Model):
            return None
        try:
            before, message, after = model.chat_text([{"role": "user", "content": MESSAGE}]).rpartition(MESSAGE)
        except InputError:
            return None
        return cls(before, after) if message else None

    def is_in(self, text: str) -> bool:
        """Whether a text is a message in this template; more may follow it."""
        return text.startswith(self.before) and self.after in text[len(self.before) :]

    def switch(self, text: str) -> str:
        """The message of a text in this template; any other text, in it."""
        if self.is_in(text):
            return text[len(self.before) :].partition(self.after)[0]
        return self.before + text + self.after


def chat_switch(model: ac.Model | ac.EncoderDecoder) -> None:
    """The switch; nothing for a model without a chat template."""
    if template := Template.of(model):
        st.session_state["chat"] = template.is_in(chosen()["text"])
        st.toggle("Chat", key="chat", help=HELP, width="content",
                  on_change=lambda: put(text=template.switch(chosen()["text"])))  # fmt: skip
