#include "kube/play/start_fields.h"

#include <algorithm>
#include <cctype>

namespace skiff::kube {
namespace {

using Part = pod::StartProblem::Part;

bool Declares(const ContainerPort& declared, const network::Port& port) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return declared.host_port == port.host_port && declared.container_port == port.container_port &&
         std::ranges::equal(declared.protocol.empty() ? "TCP" : declared.protocol, port.protocol, same);
}

std::string CommandField(const Container& container) {
  return !container.command.empty() ? ".command" : !container.args.empty() ? ".args" : ".image";
}

std::string ContainerField(const Container& container, Part part) {
  if (part == Part::kCommand) return CommandField(container);
  if (part == Part::kUser) return ".securityContext.runAsUser";
  return "";
}

}  // namespace

std::string FieldOf(const PodSet& set, const pod::StartProblem& problem) {
  const PodSpec& spec = set.spec();
  if (problem.part == Part::kVolume) {
    const auto volume = std::ranges::find(spec.volumes, problem.name, &Volume::name);
    if (volume == spec.volumes.end()) return set.spec_path();
    return fmt::format("{}.volumes[{}].hostPath.path", set.spec_path(), volume - spec.volumes.begin());
  }
  for (const auto& [field, containers] : {std::pair("containers", &spec.containers), std::pair("initContainers", &spec.init_containers)}) {
    for (size_t i = 0; i < containers->size(); ++i) {
      const Container& container = (*containers)[i];
      const std::string path = fmt::format("{}.{}[{}]", set.spec_path(), field, i);
      if (problem.part != Part::kPort && container.name == problem.name) return path + ContainerField(container, problem.part);
      if (problem.part != Part::kPort) continue;
      for (size_t p = 0; p < container.ports.size(); ++p)
        if (Declares(container.ports[p], problem.port)) return fmt::format("{}.ports[{}].hostPort", path, p);
    }
  }
  return problem.part == Part::kPod ? "metadata.name" : set.spec_path();
}

}  // namespace skiff::kube
