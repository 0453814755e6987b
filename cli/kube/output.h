// -o of the commands that are kubectl's: wide, json, yaml, name, jsonpath=, custom-columns=, go-template=.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/kube/resources.h"
#include "common/result.h"
#include "kube/model/value.h"

namespace skiff::cli {

class ObjectPrinter {
 public:
  virtual ~ObjectPrinter() = default;
  // The text for some objects; `as_list`: a list even when it is one.
  virtual common::Result<std::string> Print(const std::vector<FoundObject>& objects, bool as_list) = 0;
};

struct OutputOptions {
  std::string format;  // of -o
  bool no_headers = false;
  bool show_labels = false;
  std::vector<std::string> label_columns;  // keys: a column with the value of each
  bool all_namespaces = false;
  bool qualified_names = false;  // "pod/web" in the column NAME
  std::string sort_by;           // a JSONPath
  bool watch_events = false;     // FoundObject::event is shown too
  bool wide() const { return format == "wide"; }
};

// kInvalid: no such format, or a mistake in its template.
common::Result<std::unique_ptr<ObjectPrinter>> MakePrinter(const OutputOptions& options);

// By the values at a JSONPath; objects without it come first.
common::Result<> SortObjects(std::vector<FoundObject>& objects, const std::string& path);

}  // namespace skiff::cli
