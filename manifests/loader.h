// Reads manifests: YAML or JSON files into checked Kubernetes objects.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "kube/model/diagnostic.h"
#include "kube/model/types/object.h"

namespace skiff::manifests {

// What --validate says about fields that Kubernetes does not have: an error, a warning, or nothing. Values of
// a wrong type and objects that Kubernetes would refuse are errors with each of them.
enum class Validation { kStrict, kWarn, kIgnore };
common::Result<Validation> ParseValidation(const std::string& text);  // strict|true, warn, ignore|false

struct LoadOptions {
  Validation validation = Validation::kStrict;
  // Further folders of a folder are read too (-R).
  bool recursive = false;
  // A file with no object is an error ("no objects passed to ..."); kube down and --configmap may differ.
  bool require_objects = true;
};

// Objects with errors are left out of `objects`; callers stop when kube::HasErrors(diagnostics) is true.
struct Loaded {
  std::vector<kube::Object>
      objects;  // in the order of the files; defaults are filled in; Lists are taken apart
  std::vector<kube::Diagnostic> diagnostics;  // errors and warnings in the order of the text
};

// `sources`: files, folders (their .yaml, .yml and .json files in the order of names) and "-" for standard
// input. An error is returned only where a source cannot be read at all; what is wrong inside is in the
// diagnostics.
common::Result<Loaded> Load(const std::vector<std::string>& sources, const LoadOptions& options = {});
// `name` stands for the text in messages and is the file of all positions.
Loaded LoadText(const std::string& text, const std::string& name, const LoadOptions& options = {});

}  // namespace skiff::manifests
