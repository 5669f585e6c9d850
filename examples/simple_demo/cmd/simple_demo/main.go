// Simple_demo runs the flow "Simple Demo": the flow run that its environment names, or one by hand.
package main

import (
	simpledemo "github.com/pacific-aci/pacific/examples/simple_demo"
	"github.com/pacific-aci/pacific/flow"
)

func main() { flow.Main(simpledemo.Flow) }
