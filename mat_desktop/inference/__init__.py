"""Model cards, the engine process that decodes and scores, and the client that talks to it."""
