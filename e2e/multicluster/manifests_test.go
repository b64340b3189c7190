package multicluster

import (
	"fmt"
	"strings"
)

func gatewayClass(name string) string {
	return `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ` + name + `}
spec: {controllerName: fairway.dev/local}
`
}

// gateway is a Gateway with a listener for HTTP on port 80.
func gateway(name, class string) string {
	return fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: %s}
spec:
  gatewayClassName: %s
  listeners:
  - {name: http, protocol: HTTP, port: 80}
`, name, class)
}

// route is an HTTPRoute for all paths of a host, to backends as backend writes them.
func route(name, gateway, host string, backends ...string) string {
	return fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: %s}
spec:
  parentRefs: [{name: %s}]
  hostnames: [%s]
  rules:
  - backendRefs: [%s]
`, name, gateway, host, strings.Join(backends, ", "))
}

// backend refers to a service of the whole ClusterSet.
func backend(service string, weight int) string {
	return fmt.Sprintf("{group: multicluster.x-k8s.io, kind: ServiceImport, name: %s, port: 8080, weight: %d}", service, weight)
}

// deployment is the echo server, which answers with the names of its pod and, as "service", of its
// cluster. A pod that is to end serves on for a moment, as one has to whose clients hear of it late.
func deployment(name, cluster string, replicas int) string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  replicas: %[3]d
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      terminationGracePeriodSeconds: 10
      containers:
      - name: echo
        image: registry.k8s.io/gateway-api/conformance/echo-basic:v0.1.0
        ports: [{containerPort: 3000}]
        env:
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: SERVICE_NAME, value: %[2]s}
        readinessProbe: {httpGet: {path: /, port: 3000}, periodSeconds: 1}
        lifecycle: {preStop: {sleep: {seconds: 2}}}
`, name, cluster, replicas)
}

// service leads to the pods of the deployment of its name.
func service(name string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %[1]s}
spec:
  selector: {app: %[1]s}
  ports: [{port: 8080, targetPort: 3000}]
`, name)
}

func export(name string) string {
	return `
apiVersion: multicluster.x-k8s.io/v1beta1
kind: ServiceExport
metadata: {name: ` + name + `}
`
}
