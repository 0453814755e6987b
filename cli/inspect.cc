// inspect, container|pod|image|volume inspect.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/inspect_view.h"
#include "cli/pod_view.h"
#include "cli/render/template.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

class InspectCommand : public Command {
 public:
  explicit InspectCommand(std::string type) : type_(std::move(type)), fixed_(type_ != "all") {}

  void Declare(Arguments& a) override {
    if (!fixed_) a.Value("--type", type_, "type", "container, pod, image, volume or all (default all)");
    a.Value("-f,--format", format_, "template", "json, or a Go template");
    if (type_ == "volume") a.Switch("-a,--all", all_, "All volumes");
    a.Ignored("-s,--size", false);
    a.Operands(names_, 0);
  }

  Result<int> Run(Context& context) override {
    static const std::vector<std::string> kTypes = {"all", "container", "pod", "image", "volume"};
    if (std::find(kTypes.begin(), kTypes.end(), type_) == kTypes.end())
      return MakeError(ErrorCode::kInvalid,
                       "invalid --type \"{}\": write container, pod, image, volume or all", type_);
    if (all_) TRY(NameAllVolumes(context));
    if (names_.empty() && !all_) return MakeError(ErrorCode::kInvalid, "name what to inspect");
    JsonBuilder builder;
    JsonValue documents = builder.Array();
    const int code = context.ForEach(names_, [&](const std::string& name) -> Result<> {
      ASSIGN_OR_RETURN(JsonValue document, Inspect(context, name, builder));
      builder.Push(documents, std::move(document));
      return {};
    });
    TRY(Show(documents));
    return code;
  }

 private:
  Result<> NameAllVolumes(Context& context) {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const auto volumes, engine->ListVolumes());
    for (const auto& volume : volumes) names_.push_back(volume.name);
    return {};
  }

  bool Covers(std::string_view type) const { return type_ == "all" || type_ == type; }

  // Tried in podman's order: container, image, volume, pod.
  Result<JsonValue> Inspect(Context& context, const std::string& name, JsonBuilder& b) const {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    const auto not_found = [](const common::Error& error) { return error.code() == ErrorCode::kNotFound; };
    if (Covers("container")) {
      const Result<std::string> id = fixed_ ? context.FindContainer(name) : engine->FindContainer(name);
      if (id) return Container(*engine, *id, b);
      if (type_ == "container" || !not_found(id.error())) return id.error();
    }
    if (Covers("image")) {
      const Result<image::Image> image = engine->images().Find(name);
      if (image) return ImageInspectJson(*image, engine->images(), b);
      if (type_ == "image") return image.error();
    }
    if (Covers("volume")) {
      ASSIGN_OR_RETURN(const auto volumes, engine->ListVolumes());
      for (const auto& volume : volumes)
        if (volume.name == name) return VolumeJson(volume, b);
      if (type_ == "volume") return MakeError(ErrorCode::kNotFound, "no volume with name \"{}\" found", name);
    }
    const Result<std::string> id = fixed_ ? context.FindPod(name) : engine->FindPod(name);
    if (id) {
      ASSIGN_OR_RETURN(const pod::PodInfo pod, engine->InspectPod(*id));
      return PodInspectJson(pod, b);
    }
    if (type_ == "pod" || !not_found(id.error())) return id.error();
    return MakeError(ErrorCode::kNotFound,
                     "no such object: \"{}\" (looked for a container, an image, a volume and a pod)", name);
  }

  static Result<JsonValue> Container(pod::Engine& engine, const std::string& id, JsonBuilder& b) {
    ASSIGN_OR_RETURN(const pod::ContainerInfo container, engine.InspectContainer(id));
    ASSIGN_OR_RETURN(const pod::PodInfo pod, engine.InspectPod(container.pod_id));
    const Result<image::Image> image = engine.images().Find(container.image_id);
    return ContainerInspectJson(
        {container, pod, image ? &*image : nullptr, engine.paths(), engine.runtime_program()}, b);
  }

  Result<> Show(const JsonValue& documents) const {
    if (format_.empty() || format_ == "json") {
      // podman prints a pod alone, everything else in a list.
      const bool alone = type_ == "pod" && documents.Size() == 1;
      PrintLine(common::ToPrettyJson(alone ? documents[0] : documents, 5));
      return {};
    }
    ASSIGN_OR_RETURN(const Template parsed, Template::Parse(format_));
    for (const JsonValue& document : documents.GetArray()) {
      ASSIGN_OR_RETURN(const std::string text, parsed.Execute(document));
      PrintLine(text);
    }
    return {};
  }

  std::string type_;
  bool fixed_;
  std::string format_;
  bool all_ = false;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Command> MakeInspect() { return std::make_unique<InspectCommand>("all"); }
std::unique_ptr<Command> MakeContainerInspect() { return std::make_unique<InspectCommand>("container"); }
std::unique_ptr<Command> MakePodInspect() { return std::make_unique<InspectCommand>("pod"); }
std::unique_ptr<Command> MakeImageInspect() { return std::make_unique<InspectCommand>("image"); }
std::unique_ptr<Command> MakeVolumeInspect() { return std::make_unique<InspectCommand>("volume"); }

}  // namespace skiff::cli
