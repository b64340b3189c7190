package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"reflect"
	"strconv"
	"strings"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/model"
)

const declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// encoder writes an output of the SDK's type as XML. Unset fields are left out.
type encoder struct {
	bytes.Buffer
	// item is what list elements are called where the model does not say.
	item string
}

func (e *encoder) open(name string) { e.WriteString("<" + name + ">") }
func (e *encoder) root(name, namespace string) {
	e.WriteString("<" + name + ` xmlns="` + namespace + `">`)
}
func (e *encoder) close(name string) { e.WriteString("</" + name + ">") }

func (e *encoder) element(name, text string) {
	e.open(name)
	// A bytes.Buffer takes everything.
	_ = xml.EscapeText(e, []byte(text))
	e.close(name)
}

func (e *encoder) structure(v reflect.Value, s *model.Shape) {
	t := v.Type()
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" {
			continue
		}
		if member := s.Members[field.Name]; member != nil {
			e.value(member.Out, v.Field(i), member.Shape)
		}
	}
}

// result writes an output of the query protocol. Its lists are there when they are empty, too: clients that are made
// of the model as they run, such as boto3 and the AWS CLI, leave out what an answer leaves out.
func (e *encoder) result(v reflect.Value, s *model.Shape) {
	e.structure(v, s)
	t := v.Type()
	for i := range t.NumField() {
		member := s.Members[t.Field(i).Name]
		if list := v.Field(i); member != nil && list.Kind() == reflect.Slice && list.IsNil() {
			e.open(member.Out)
			e.close(member.Out)
		}
	}
}

func (e *encoder) value(name string, v reflect.Value, s *model.Shape) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		if moment, ok := v.Interface().(time.Time); ok {
			e.element(name, moment.UTC().Format("2006-01-02T15:04:05.000Z"))
			return
		}
		e.open(name)
		e.structure(v, s)
		e.close(name)
	case reflect.Slice:
		e.list(name, v, s)
	case reflect.Map:
		e.mapping(name, v, s)
	case reflect.String:
		// Enumerations have no pointer; an empty one is unset. Text has one, and may be empty.
		if v.Len() > 0 || v.Type() == reflect.TypeFor[string]() {
			e.element(name, v.String())
		}
	case reflect.Bool:
		e.element(name, strconv.FormatBool(v.Bool()))
	case reflect.Int32, reflect.Int64:
		e.element(name, strconv.FormatInt(v.Int(), 10))
	case reflect.Float32, reflect.Float64:
		e.element(name, strconv.FormatFloat(v.Float(), 'f', -1, 64))
	}
}

func (e *encoder) list(name string, v reflect.Value, s *model.Shape) {
	if v.IsNil() {
		return
	}
	if s.Type == "blob" {
		e.element(name, base64.StdEncoding.EncodeToString(v.Bytes()))
		return
	}
	item := e.item
	if s.Item.Out != "member" {
		item = s.Item.Out
	}
	e.open(name)
	for i := range v.Len() {
		e.value(item, v.Index(i), s.Item.Shape)
	}
	e.close(name)
}

func (e *encoder) mapping(name string, v reflect.Value, s *model.Shape) {
	if v.IsNil() {
		return
	}
	e.open(name)
	for _, key := range sortedKeys(v) {
		e.open("entry")
		e.element("key", key.String())
		e.value("value", v.MapIndex(key), s.Value.Shape)
		e.close("entry")
	}
	e.close(name)
}

// envelope is the whole answer of an operation.
func (p Protocol) envelope(op *model.Operation, out any, requestID string) []byte {
	e := &encoder{item: "member"}
	if p.service.Protocol == "ec2" {
		e.item = "item"
		e.WriteString(declaration)
		e.root(op.Name+"Response", "http://ec2.amazonaws.com/doc/"+p.service.Version+"/")
		e.element("requestId", requestID)
		before := e.Len()
		e.structure(reflect.ValueOf(out).Elem(), op.Output)
		if e.Len() == before {
			// Source: EC2 API reference, the answers of operations without a result.
			e.element("return", "true")
		}
		e.close(op.Name + "Response")
		return e.Bytes()
	}
	e.root(op.Name+"Response", p.service.Namespace)
	e.open(op.Name + "Result")
	e.result(reflect.ValueOf(out).Elem(), op.Output)
	e.close(op.Name + "Result")
	e.open("ResponseMetadata")
	e.element("RequestId", requestID)
	e.close("ResponseMetadata")
	e.close(op.Name + "Response")
	return e.Bytes()
}

// complaint is an error's answer.
func (p Protocol) complaint(code, message string, status int, requestID string) []byte {
	e := &encoder{}
	if p.service.Protocol == "ec2" {
		e.WriteString(declaration + "<Response><Errors><Error>")
		e.element("Code", code)
		e.element("Message", message)
		e.WriteString("</Error></Errors>")
		e.element("RequestID", requestID)
		e.close("Response")
		return e.Bytes()
	}
	kind := "Sender"
	if status >= 500 {
		kind = "Receiver"
	}
	e.root("ErrorResponse", p.service.Namespace)
	e.open("Error")
	e.element("Type", kind)
	e.element("Code", code)
	e.element("Message", strings.ToValidUTF8(message, "?"))
	e.close("Error")
	e.element("RequestId", requestID)
	e.close("ErrorResponse")
	return e.Bytes()
}
