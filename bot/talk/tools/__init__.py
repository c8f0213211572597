"""The doors for brains that call us: MCP, OpenAPI, and Dify's external knowledge. They look and propose; no more."""
