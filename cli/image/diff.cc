// diff, container diff, image diff.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/image/container_layers.h"
#include "image/layer_changes.h"
#include "image/tree_changes.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;
using image::Change;

namespace {

// What every container gets from its engine.
bool IsEnginesOwn(const std::string& path) {
  static const std::vector<std::string> kPaths = {"/dev",  "/etc/hostname", "/etc/hosts",        "/etc/resolv.conf", "/etc/mtab",
                                                  "/proc", "/run",          "/run/.containerenv", "/run/secrets",     "/sys"};
  return std::find(kPaths.begin(), kPaths.end(), path) != kPaths.end() || path.starts_with("/dev/");
}

class DiffCommand : public Command {
 public:
  explicit DiffCommand(bool containers, bool images) : containers_(containers), images_(images) {}

  void Declare(Arguments& a) override {
    a.Value("--format", format_, "format", "json");
    if (containers_) a.Switch("-l,--latest", latest_, "The container made last");
    a.Operands(operands_, 0, 2);
  }

  Result<int> Run(Context& context) override {
    if (!format_.empty() && format_ != "json")
      return MakeError(ErrorCode::kInvalid, "only supported value for '--format' is 'json'");
    if (latest_ == !operands_.empty()) return MakeError(ErrorCode::kInvalid, "give a name or --latest");
    if (operands_.size() == 2 && !images_) return MakeError(ErrorCode::kUnsupported, "containers are compared with their image only; give one name");
    ASSIGN_OR_RETURN(const std::vector<Change> changes, Changes(context));
    if (format_ == "json") return PrintJson(changes);
    for (const Change& change : changes)
      PrintLine(fmt::format("{} {}", change.kind == Change::Kind::kAdded     ? 'A'
                                     : change.kind == Change::Kind::kChanged ? 'C'
                                                                             : 'D',
                            change.path));
    return 0;
  }

 private:
  Result<std::vector<Change>> Changes(Context& context) const {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    if (operands_.size() == 2) return ChangesBetween(engine->images());
    if (containers_) {
      const auto id = latest_ ? LatestContainer(*engine) : engine->FindContainer(operands_.front());
      if (id) return ContainerChanges(*engine, *id);
      if (!images_ || id.error().code() != ErrorCode::kNotFound) return id.error();
    }
    const auto image = engine->images().Find(operands_.front());
    if (!image && containers_ && image.error().code() == ErrorCode::kNotFound)
      return MakeError(ErrorCode::kNotFound, "no container and no image with name or ID \"{}\" found", operands_.front());
    if (!image) return image.error();
    ASSIGN_OR_RETURN(auto layers, engine->images().LowerDirs(*image));
    if (layers.empty()) return std::vector<Change>();
    const std::string top = layers.front();
    layers.erase(layers.begin());
    return image::LayerChanges(top, layers);
  }

  // From the second image to the first.
  Result<std::vector<Change>> ChangesBetween(image::Store& store) const {
    std::vector<image::Image> images;
    for (const std::string& name : operands_) {
      ASSIGN_OR_RETURN(images.emplace_back(), store.Find(name), "only images can be compared with each other");
    }
    ASSIGN_OR_RETURN(const std::string new_root, store.Mount(images.front()));
    const auto old_root = store.Mount(images.back());
    auto changes = old_root ? image::TreeChanges(new_root, *old_root) : Result<std::vector<Change>>(old_root.error());
    const auto old_unmounted = old_root ? store.Unmount(images.back(), false) : Result<bool>(true);
    TRY(store.Unmount(images.front(), false));
    TRY(old_unmounted);
    // An image made from a container may have them, and podman leaves them out here too.
    if (changes) std::erase_if(*changes, [](const Change& change) { return IsEnginesOwn(change.path); });
    return changes;
  }

  static Result<std::string> LatestContainer(pod::Engine& engine) {
    ASSIGN_OR_RETURN(const auto containers, engine.ListContainers());
    if (containers.empty()) return MakeError(ErrorCode::kNotFound, "there is no container");
    return std::max_element(containers.begin(), containers.end(), [](const auto& a, const auto& b) { return a.created < b.created; })->id;
  }

  static Result<std::vector<Change>> ContainerChanges(pod::Engine& engine, const std::string& id) {
    ASSIGN_OR_RETURN(const ContainerLayers layers, FindContainerLayers(engine, id));
    std::vector<Change> changes;
    // Never started: nothing was written.
    if (layers.upper.empty()) return changes;
    ASSIGN_OR_RETURN(changes, image::LayerChanges(layers.upper, layers.lower));
    std::erase_if(changes, [](const Change& change) { return IsEnginesOwn(change.path); });
    return changes;
  }

  static int PrintJson(const std::vector<Change>& changes) {
    JsonBuilder b;
    JsonValue object = b.Object();
    for (const auto& [kind, name] : {std::pair{Change::Kind::kChanged, "changed"}, {Change::Kind::kAdded, "added"},
                                     {Change::Kind::kDeleted, "deleted"}}) {
      JsonValue paths = b.Array();
      for (const Change& change : changes)
        if (change.kind == kind) b.Push(paths, change.path);
      if (!paths.Empty()) b.Set(object, name, std::move(paths));
    }
    PrintLine(common::ToPrettyJson(object, 5));
    return 0;
  }

  bool containers_, images_, latest_ = false;
  std::string format_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeDiff() { return std::make_unique<DiffCommand>(true, true); }
std::unique_ptr<Command> MakeContainerDiff() { return std::make_unique<DiffCommand>(true, false); }
std::unique_ptr<Command> MakeImageDiff() { return std::make_unique<DiffCommand>(false, true); }

}  // namespace skiff::cli
