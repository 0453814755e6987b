// commit, export: images and archives of what containers have written.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/image/container_layers.h"
#include "common/file.h"
#include "common/process.h"
#include "image/transfer.h"
#include "pod/launch/image_content.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;
using common::UniqueFd;

namespace {

// Stops a running container for as long as it lives.
class Pause {
 public:
  // Nothing to stop when it does not run, or is not `wanted`.
  static Result<Pause> Begin(pod::Engine& engine, const pod::ContainerInfo& container, bool wanted) {
    Pause pause;
    if (!wanted || container.status.state != "running") return pause;
    TRY(Call(engine, "pause", container.id), "pause container {} (--pause=false leaves it running)", container.name);
    pause.engine_ = &engine;
    pause.id_ = container.id;
    return pause;
  }
  Pause(Pause&& other) noexcept : engine_(std::exchange(other.engine_, nullptr)), id_(std::move(other.id_)) {}
  ~Pause() {
    if (engine_ == nullptr) return;
    if (const auto resumed = Call(*engine_, "resume", id_); !resumed) PrintError(resumed.error());
  }

 private:
  Pause() = default;
  static Result<> Call(pod::Engine& engine, const char* verb, const std::string& id) {
    common::Command command;
    command.argv = {engine.runtime_program(), "--root", engine.paths().RuntimeRoot(), verb, id};
    ASSIGN_OR_RETURN(const common::Output output, common::Run(std::move(command)));
    if (output.status.ok()) return {};
    return MakeError(ErrorCode::kInternal, "{} {}: {}", engine.runtime_program(), verb, output.err);
  }

  pod::Engine* engine_ = nullptr;
  std::string id_;
};

// Calls `work` with the container's whole root file system, as its image and what it wrote make it.
Result<> WithWholeRoot(const ContainerLayers& layers, const std::function<Result<>(int directory)>& work) {
  std::vector<std::string> all = layers.lower;
  if (!layers.upper.empty()) all.insert(all.begin(), layers.upper);
  if (all.empty()) return MakeError(ErrorCode::kInvalid, "the container has no files");
  return pod::WithMergedLayers(all, work);
}

// What `run` gave the container goes over what its image says.
std::string ImageConfigOf(const pod::ContainerInfo& container, const image::Image& image) {
  JsonBuilder b;
  JsonValue& config = b.root();
  const pod::ContainerSpec& spec = container.spec;
  if (spec.command) b.Set(config, "Entrypoint", b.Strings(*spec.command));
  // An entrypoint of one's own drops the image's arguments.
  if (spec.args) b.Set(config, "Cmd", b.Strings(*spec.args));
  else if (spec.command) b.Set(config, "Cmd", b.Array());
  std::vector<std::string> env = image.config.env;
  for (const pod::EnvVar& variable : spec.env) {
    if (variable.source != pod::EnvVar::Source::kLiteral || variable.expand) continue;  // known at its start only
    std::erase_if(env, [&](const std::string& entry) { return entry.starts_with(variable.name + "="); });
    env.push_back(variable.name + "=" + variable.value);
  }
  if (!env.empty()) b.Set(config, "Env", b.Strings(env));
  std::string user = spec.security.user;
  if (spec.security.run_as_user) user = std::to_string(*spec.security.run_as_user);
  if (spec.security.run_as_user && spec.security.run_as_group) user += ":" + std::to_string(*spec.security.run_as_group);
  for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"User", user}, {"WorkingDir", spec.working_dir},
                                    {"StopSignal", spec.stop_signal}})
    if (!value.empty()) b.Set(config, name, value);
  std::map<std::string, std::string> labels = image.config.labels;
  for (const auto& [key, value] : spec.labels) labels[key] = value;
  if (!labels.empty()) b.Set(config, "Labels", b.StringMap(labels));
  JsonValue ports = b.Object();
  for (const std::string& port : image.config.exposed_ports) b.Set(ports, port, b.Object());
  for (const pod::PortMapping& port : spec.ports)
    b.Set(ports, fmt::format("{}/{}", port.container_port, pod::EnumName(port.protocol)), b.Object());
  if (!ports.ObjectEmpty()) b.Set(config, "ExposedPorts", std::move(ports));
  return common::ToJson(config);
}

class CommitCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-a,--author", options_.author, "name", "Who made the image");
    a.List("-c,--change", options_.changes, "instruction",
           "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR");
    a.Value("-f,--format", format_, "format", "oci or docker (default oci)");
    a.Value("--iidfile", id_file_, "file", "Write the image's id to a file");
    a.Value("-m,--message", options_.message, "text", "Comment in the image (docker format)");
    a.Switch("-p,--pause", pause_, "Pause the container meanwhile (default true)");
    a.Switch("-s,--squash", squash_, "One layer with everything");
    a.Refused("--include-volumes", false, "volumes are not part of an image; copy what you need into the container");
    a.Ignored("-q,--quiet", false);
    a.Operands(operands_, 1, 2);
  }

  Result<int> Run(Context& context) override {
    if (format_ != "oci" && format_ != "docker")
      return MakeError(ErrorCode::kInvalid, "unknown format \"{}\": write oci or docker", format_);
    if (format_ == "oci" && !options_.message.empty())
      return MakeError(ErrorCode::kInvalid, "messages are only compatible with the docker image format (-f docker)");
    options_.docker_format = format_ == "docker";
    if (operands_.size() > 1) options_.name = operands_[1];
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    ASSIGN_OR_RETURN(const std::string id, context.FindContainer(operands_.front()));
    ASSIGN_OR_RETURN(const image::LoadedImage image, Commit(*engine, id));
    if (!id_file_.empty()) TRY(common::WriteFile(id_file_, image.id));
    PrintLine(image.id);
    return 0;
  }

 private:
  Result<image::LoadedImage> Commit(pod::Engine& engine, const std::string& id) {
    ASSIGN_OR_RETURN(const pod::ContainerInfo container, engine.InspectContainer(id));
    ASSIGN_OR_RETURN(const ContainerLayers layers, FindContainerLayers(engine, id));
    ASSIGN_OR_RETURN(const image::Image image, engine.images().Find(container.image_id));
    options_.config = ImageConfigOf(container, image);
    options_.from = container.image_name;
    image::LoadedImage made;
    const auto commit = [&](int directory) -> Result<> {
      ASSIGN_OR_RETURN(made, image::CommitDirectory(engine.paths(), directory, options_));
      return {};
    };
    ASSIGN_OR_RETURN(const Pause pause, Pause::Begin(engine, container, pause_));
    if (squash_) {
      ASSIGN_OR_RETURN(options_.base_config, engine.images().ReadConfig(image));
      TRY(WithWholeRoot(layers, commit));
      return made;
    }
    options_.parent_id = image.id;
    if (layers.upper.empty())
      return MakeError(ErrorCode::kBusy, "container {} was never started: there is nothing to commit", container.name);
    ASSIGN_OR_RETURN(const UniqueFd upper, common::Open(layers.upper, O_RDONLY | O_DIRECTORY));
    TRY(commit(upper.get()));
    return made;
  }

  image::CommitOptions options_;
  std::string format_ = "oci", id_file_;
  bool pause_ = true, squash_ = false;
  std::vector<std::string> operands_;
};

class ExportCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-o,--output", output_, "file", "File to write (default: standard output)");
    a.Operands(operands_, 1, 1);
  }

  Result<int> Run(Context& context) override {
    if (output_.empty() && ::isatty(STDOUT_FILENO) != 0)
      return MakeError(ErrorCode::kInvalid, "refusing to export to terminal. Use -o flag or redirect");
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const std::string id, context.FindContainer(operands_.front()));
    ASSIGN_OR_RETURN(const ContainerLayers layers, FindContainerLayers(*engine, id));
    FlushOutput();
    TRY(WithWholeRoot(layers, [&](int directory) {
      return image::ExportDirectory(engine->paths(), directory, output_.empty() ? "-" : output_);
    }));
    return 0;
  }

 private:
  std::string output_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeCommit() { return std::make_unique<CommitCommand>(); }
std::unique_ptr<Command> MakeExport() { return std::make_unique<ExportCommand>(); }

}  // namespace skiff::cli
