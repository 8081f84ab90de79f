"""The Runware simulator: tasks, results, webhooks, uploads. Public reference: https://runware.ai/docs"""
