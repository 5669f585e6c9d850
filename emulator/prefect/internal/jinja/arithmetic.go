package jinja

import "math"

// arithmetic is an operation of two numbers, or of what else can be added or repeated.
func arithmetic(name string, left, right any) any {
	a, aInt := left.(int64)
	b, bInt := right.(int64)
	if x, ok := left.(bool); ok {
		a, aInt = number64(x).(int64), true
	}
	if x, ok := right.(bool); ok {
		b, bInt = number64(x).(int64), true
	}
	if aInt && bInt {
		return integers(name, a, b)
	}
	x, xOK := asFloat(left)
	y, yOK := asFloat(right)
	if xOK && yOK {
		return floats(name, x, y)
	}
	return sequences(name, left, right)
}

func integers(name string, a, b int64) any {
	switch name {
	case "add":
		return whole(float64(a)+float64(b), a+b)
	case "sub":
		return whole(float64(a)-float64(b), a-b)
	case "mul":
		return whole(float64(a)*float64(b), a*b)
	case "pow":
		if b < 0 {
			return floats(name, float64(a), float64(b))
		}
		if b > 62 && a >= -1 && a <= 1 { // only the sign depends on it
			b = 62 + b%2
		}
		n := int64(1)
		for range b {
			if n = whole(float64(n)*float64(a), n*a).(int64); n == 0 {
				break
			}
		}
		return n
	}
	if b == 0 {
		zero(name, "integer ")
	}
	switch name {
	case "div":
		return float64(a) / float64(b)
	case "floordiv":
		return int64(math.Floor(float64(a) / float64(b)))
	}
	return (a%b + b) % b
}

// whole is an integer that has not become too large for one.
func whole(near float64, exact int64) any {
	if math.Abs(near) > 1<<62 {
		unsupported("integers of more than 63 bits")
	}
	return exact
}

func zero(name, kind string) {
	if name == "div" {
		raise("ZeroDivisionError", "%s", map[string]string{"integer ": "division by zero", "float ": "float division by zero"}[kind])
	}
	raise("ZeroDivisionError", "%s", map[string]string{
		"integer floordiv": "integer division or modulo by zero", "integer mod": "integer modulo by zero",
		"float floordiv": "float floor division by zero", "float mod": "float modulo",
	}[kind+name])
}

func floats(name string, x, y float64) any {
	switch name {
	case "add":
		return x + y
	case "sub":
		return x - y
	case "mul":
		return x * y
	case "pow":
		return math.Pow(x, y)
	}
	if y == 0 {
		zero(name, "float ")
	}
	switch name {
	case "div":
		return x / y
	case "floordiv":
		return math.Floor(x / y)
	}
	return math.Mod(math.Mod(x, y)+y, y)
}
