"""Plan: who makes what for whom, the most essential needs first, fairly, with reasons and a proof."""

from solidaria.core.plan.make import plan

__all__ = ["plan"]
