"""Two trials through the public interface: one that was published, one that is simulated."""
