"""What happens in the pretend cluster: time, pods that live and die, controllers, and what is remembered of it all."""
