//! An emulator of Persona for development and tests.
