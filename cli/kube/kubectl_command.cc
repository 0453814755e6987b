#include "cli/kube/kubectl_command.h"

#include <cstdio>

#include "cli/kube/manifest_input.h"

namespace skiff::cli {

using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr char kFromServer[] = "Error from server";

}  // namespace

Result<int> KubectlCommand::Run(Context& context) {
  const Result<int> code = Act(context);
  if (code) return *code;
  const std::string& message = code.error().message();
  PrintErrorLine(message.starts_with(kFromServer) ? message : "error: " + message);
  return kKubectlFailure;
}

void PrintErrorLine(std::string_view line) {
  FlushOutput();
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

Error NotFoundError(const kube::ResourceKind& kind, const std::string& name) {
  return MakeError(ErrorCode::kNotFound, "{} (NotFound): {} \"{}\" not found", kFromServer,
                   kind.QualifiedPlural(), name);
}

Error NoSuchResource(std::string_view word) {
  return MakeError(ErrorCode::kInvalid, "the server doesn't have a resource type \"{}\"", word);
}

void NamespaceFlags::Declare(Arguments& a, bool with_all) {
  a.Value("-n,--namespace", name, "name", "The namespace of the objects (default \"default\")");
  if (with_all) a.Switch("-A,--all-namespaces", all, "Objects of all namespaces");
}

Result<std::unique_ptr<kube::PodBackend>> OpenBackend(Context& context) {
  ASSIGN_OR_RETURN(const kube::BackendFactory open, Backend(context));
  return open();
}

}  // namespace skiff::cli
