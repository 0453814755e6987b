// Engine: what would keep a new pod from starting, found while another one may still run in its place.
#include "pod/context.h"
#include "pod/engine.h"
#include "pod/exec/exec_lookup.h"
#include "pod/launch/container_check.h"
#include "pod/launch/environment.h"
#include "pod/launch/image_content.h"
#include "pod/network/pod_network.h"
#include "pod/volume/host_path.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::Result;
using Part = StartProblem::Part;

class StartCheck {
 public:
  StartCheck(Context& context, const PodSpec& pod, const std::vector<std::string>& leaving)
      : context_(context), pod_(pod), leaving_(leaving) {}

  std::vector<StartProblem> Run() {
    if (auto valid = CheckPod(pod_); !valid) Add(Part::kPod, pod_.name, std::move(valid).error());
    for (const Volume& volume : pod_.volumes) {
      if (!volume.host_path) continue;
      if (auto checked = CheckHostPath(*volume.host_path); !checked) Add(Part::kVolume, volume.name, std::move(checked).error());
    }
    CheckPorts();
    for (const auto* list : {&pod_.init_containers, &pod_.containers}) {
      for (const ContainerSpec& container : *list) CheckContainer(container);
    }
    return std::move(problems_);
  }

 private:
  void CheckPorts() {
    if (pod_.network.mode != NetworkSpec::Mode::kBridge) return;
    for (const network::Port& port : PublishedPorts(pod_)) {
      auto free = CheckPortIsFree(context_, port, leaving_);
      if (!free) problems_.push_back({Part::kPort, "", port, std::move(free).error()});
    }
  }

  void CheckContainer(const ContainerSpec& spec) {
    const auto record = ResolveContainer(context_, pod_, spec);
    if (!record) {
      const bool user = record.error().code() == ErrorCode::kCommandNotExecutable;
      Add(user ? Part::kUser : Part::kContainer, spec.name, record.error());
      return;
    }
    const auto image = context_.image_cache.Find(record->image_id);
    if (!image || (*image)->lower_dirs.empty()) return;
    if (auto there = CheckProgram(*record, **image); !there) Add(Part::kCommand, spec.name, std::move(there).error());
  }

  // What is mounted into the container may bring its command along: that is for the start to find out.
  Result<> CheckProgram(const ContainerRecord& record, const LocalImage& image) {
    const ContainerSpec& spec = record.spec;
    const std::string& program = record.command.front();
    if (spec.expand_args && program.find('$') != program.npos) return {};  // known when the pod has its addresses
    std::vector<std::string> mounted;
    for (const VolumeMount& mount : spec.mounts) mounted.push_back(mount.path);
    for (const TmpfsMount& mount : spec.tmpfs) mounted.push_back(mount.path);
    const auto& config = image.image.config;
    const auto environment = BuildEnvironment(spec, config, {}).variables;
    const std::string folder = !spec.working_dir.empty() ? spec.working_dir : !config.working_dir.empty() ? config.working_dir : "/";
    return WithMergedLayers(image.lower_dirs, [&](int root) {
      return CheckCommand("/proc/self/fd/" + std::to_string(root), environment, folder, program, mounted);
    });
  }

  void Add(Part part, const std::string& name, common::Error error) {
    problems_.push_back({part, name, {}, std::move(error)});
  }

  Context& context_;
  const PodSpec& pod_;
  const std::vector<std::string>& leaving_;
  std::vector<StartProblem> problems_;
};

}  // namespace

Result<std::vector<StartProblem>> Engine::CheckStart(const PodSpec& spec, const std::vector<std::string>& leaving) {
  return StartCheck(*impl_, spec, leaving).Run();
}

}  // namespace skiff::pod
