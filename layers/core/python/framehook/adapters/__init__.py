"""Where boto3 and httpx live, and nowhere else: one module per outside service, each implementing a port with
a ready-made client. What only says how things are stored (job_index, dynamodb_items) is pure.
"""
