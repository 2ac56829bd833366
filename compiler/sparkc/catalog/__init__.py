"""Facts about engines, machines, models and images, each with its source."""
