package process_test

// emulator belongs to a test of signals.
func emulator(string, string) {}
