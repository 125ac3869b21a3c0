"""Whether the example cases would notice a change of the knowledge: every small change must fail one of them."""
