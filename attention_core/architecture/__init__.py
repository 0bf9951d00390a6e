"""A model declared, stage by stage, from its traits: attention, block, experts, embedding and head, patches."""
