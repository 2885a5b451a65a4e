package main

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// marshal is encoding/json without the escapes for HTML, which nobody here needs.
func marshal(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// unmarshalExact decodes JSON so that integers stay integers.
func unmarshalExact(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return exactNumbers(value), nil
}

// exactNumbers replaces every json.Number in place: by int64 or uint64 when it is written as an integer that fits,
// else by float64.
func exactNumbers(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		for key, item := range typed {
			typed[key] = exactNumbers(item)
		}
	case []any:
		for index, item := range typed {
			typed[index] = exactNumbers(item)
		}
	case json.Number:
		return exactNumber(typed)
	}
	return value
}

func exactNumber(number json.Number) any {
	if integer, err := number.Int64(); err == nil {
		return integer
	}
	if natural, err := strconv.ParseUint(number.String(), 10, 64); err == nil {
		return natural
	}
	float, err := number.Float64()
	if err != nil {
		return number.String()
	}
	return float
}

// nesting is how deep maps and lists of a JSON text stand in each other.
func nesting(data []byte) int {
	depth, deepest, inString := 0, 0, false
	for index := 0; index < len(data); index++ {
		switch char := data[index]; {
		case inString && char == '\\':
			index++
		case char == '"':
			inString = !inString
		case inString:
		case char == '{' || char == '[':
			depth++
			deepest = max(deepest, depth)
		case char == '}' || char == ']':
			depth--
		}
	}
	return deepest
}
