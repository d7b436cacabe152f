#!/bin/sh
# Builds a program from its Go module into the folder given: a real Kubernetes API server (about ten
# minutes on two cores and 6 GB of Go's caches, the first time), or kube-score (a minute or two). etcd is
# Debian's package.
#   usage: build.sh FOLDER kube-apiserver|kube-score
set -eu
version=1.33.4
score=v1.20.0
out=${1:?FOLDER} program=${2:?kube-apiserver or kube-score}
if ! command -v go >/dev/null 2>&1; then
  echo "kubernetes/build.sh: no go on PATH (1.24 or newer is needed)" >&2
  exit 3
fi
mkdir -p "$out/src"
out=$(cd "$out" && pwd)
[ -x "$out/$program" ] && exit 0
if [ "$program" = kube-score ]; then
  GOBIN=$out exec go install "github.com/zegl/kube-score/cmd/kube-score@$score"
fi

cd "$out/src"
{
  printf 'module kubeapiserver\ngo 1.24.0\nrequire k8s.io/kubernetes v%s\n' "$version"
  # Kubernetes' own staging modules: the module refers to them by path.
  for module in api apiextensions-apiserver apimachinery apiserver cli-runtime client-go \
    cloud-provider cluster-bootstrap code-generator component-base component-helpers \
    controller-manager cri-api cri-client csi-translation-lib dynamic-resource-allocation \
    endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy \
    kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver \
    sample-cli-plugin sample-controller; do
    echo "replace k8s.io/$module => k8s.io/$module v0.${version#1.}"
  done
} > go.mod
cat > main.go <<'GO'
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
GO
export GOFLAGS=-mod=mod
go mod tidy
about=k8s.io/component-base/version
go build -trimpath -ldflags "-s -w -X $about.gitVersion=v$version -X $about.gitMajor=1 -X $about.gitMinor=33" \
  -o "$out/kube-apiserver.part" .
mv "$out/kube-apiserver.part" "$out/kube-apiserver"
