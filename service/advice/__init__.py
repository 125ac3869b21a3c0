"""Assessment -> what people see: cards, draft orders, documents and terminal tables."""
