// Package e2e proves Pacific with real parts. Its tests have the build tag e2e and are run by e2e/run, which is make e2e.
package e2e
