// Kubernetes objects back into plain values: for generate, `-o yaml` and comparing two versions of an object.
#pragma once

#include "kube/model/types/object.h"
#include "kube/model/value.h"

namespace skiff::kube {

struct EncodeOptions {
  bool omit_defaults = false;  // leave out what loading would put back by itself
};

// apiVersion, kind, metadata, spec (data, ...) in Kubernetes' usual order; what is not given is left out.
Value Encode(const Object& object, const EncodeOptions& options = {});
Value Encode(const PodSpec& spec, const EncodeOptions& options = {});
Value Encode(const PodTemplateSpec& pod_template, const EncodeOptions& options = {});

// Fills in defaults as the API server does (kube-semantics: before validation). Loading does this already.
void ApplyDefaults(Object& object);

}  // namespace skiff::kube
