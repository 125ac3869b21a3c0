"""Webhooks out: whoever a site names is told of every assessment that cannot wait."""

from service.webhooks.delivery import Webhooks
from service.webhooks.endpoints import Webhook, loopback_of, read_webhooks

__all__ = ["Webhook", "Webhooks", "loopback_of", "read_webhooks"]
