// Package bench measures Pacific and its local Azure. It is two tests. Make bench runs [TestFigures] at full size, and make
// bench-workers [TestWorkers], which takes most of an hour: Pacific's worker beside Prefect's own. Each prints one table,
// each figure beside another one of the same run and as a ratio to it, because seconds alone say more about a machine than
// about a program.
//
// In make test the same code runs small: everything that must be right, whatever the time, is checked there (no line
// lost, no request refused, every process ended well), and nothing is timed.
package bench
