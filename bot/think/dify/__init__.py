"""What Dify says on the wire, read into our words: frames, events, one turn, and the client that carries them."""
