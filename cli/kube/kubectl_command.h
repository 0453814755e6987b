// What commands have in common that are kubectl's in `skiff kube`: its flags, its texts for errors, its exit
// code 1.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "kube/play/backend.h"
#include "kube/view/resource_kind.h"

namespace skiff::cli {

class KubectlCommand : public Command {
 public:
  common::Result<int> Run(Context& context) final;

 protected:
  virtual common::Result<int> Act(Context& context) = 0;
};

inline constexpr int kKubectlFailure = 1;

// One line on standard error, as it is.
void PrintErrorLine(std::string_view line);
// `Error from server (NotFound): pods "x" not found`.
common::Error NotFoundError(const kube::ResourceKind& kind, const std::string& name);
common::Error NoSuchResource(std::string_view word);

// -n and -A.
struct NamespaceFlags {
  std::string name = "default";
  bool all = false;

  void Declare(Arguments& arguments, bool with_all = true);
  // Empty: all namespaces.
  std::string Wanted() const { return all ? "" : name; }
};

common::Result<std::unique_ptr<kube::PodBackend>> OpenBackend(Context& context);

}  // namespace skiff::cli
