"""Environment variables: who reads them, and what they say."""
