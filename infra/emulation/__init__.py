"""The second home without an account: the template in an emulator of AWS on this machine."""
