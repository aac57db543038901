"""What a release consists of: its libraries, their licences, and what is known against them."""
