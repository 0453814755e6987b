// Which objects a command means: "pods", "po,svc", "deployment web api", "pod/web svc/db", -f FILE, -l,
// --field-selector.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/kube/kubectl_command.h"
#include "common/result.h"
#include "kube/play/live_objects.h"
#include "kube/view/resource_kind.h"
#include "kube/view/selector.h"

namespace skiff::cli {

struct ResourceRef {
  const kube::ResourceKind* kind = nullptr;
  std::string kube_namespace;
  std::string name;
};

// Either every object of some kinds, or some objects by name.
struct ResourceQuery {
  std::vector<const kube::ResourceKind*> kinds;
  std::vector<ResourceRef> refs;
  std::string kube_namespace;  // of `kinds`; empty: all
  kube::LabelSelector labels;
  kube::FieldSelector fields;

  bool by_name() const { return !refs.empty(); }
  // More than one kind: names are shown with their kind.
  bool several_kinds() const;
};

// The flags that say it.
struct ResourceFlags {
  NamespaceFlags kube_namespace;
  std::string labels;
  std::string fields;
  std::vector<std::string> files;
  std::vector<std::string> operands;

  void Declare(Arguments& arguments, bool with_files);
  // kInvalid: an unknown kind, or names together with selectors.
  common::Result<ResourceQuery> Query() const;
};

struct FoundObject {
  const kube::ResourceKind* kind = nullptr;
  kube::Value object;
  std::string event = {};  // of a watched one: ADDED, MODIFIED, DELETED
};

struct FoundObjects {
  std::vector<FoundObject> objects;
  std::vector<ResourceRef> missing;  // named and not there
};

common::Result<FoundObjects> FindObjects(kube::LiveObjects& live, const ResourceQuery& query);

// "pod/web", "deployment.apps/web".
std::string QualifiedName(const FoundObject& found);

}  // namespace skiff::cli
