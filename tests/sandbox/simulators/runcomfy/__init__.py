"""A simulated RunComfy: the Model API and the Serverless API with deployments of ComfyUI workflows and of LoRAs."""
