// rmi.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/image/removal.h"
#include "image/family.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

class ImageRemoveCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-f,--force", force_, "Remove an image with several names, and the containers that use it");
    a.Switch("-a,--all", all_, "All images");
    a.Switch("-i,--ignore", ignore_, "An image that does not exist is no error");
    a.Switch("--no-prune", no_prune_, "Leave images without name that a removed one was made from");
    a.Operands(operands_, 0);
  }

  Result<int> Run(Context& context) override {
    if (operands_.empty() && !all_) return MakeError(ErrorCode::kInvalid, "image name or ID must be specified");
    if (!operands_.empty() && all_) return MakeError(ErrorCode::kInvalid, "when using the --all switch, you may not pass any images names or IDs");
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    std::vector<std::string> targets = operands_;
    if (all_) {
      ASSIGN_OR_RETURN(const std::vector<image::Image> images, engine->images().List());
      for (const image::Image& image : images) targets.push_back(image.id);
    }
    // podman's codes: one that is used counts for more than one that is not there, and anything else most.
    int worst = 0;
    context.ForEach(targets, [&](const std::string& name) -> Result<> {
      const Result<> removed = RemoveOne(context, *engine, name);
      if (removed) return {};
      const ErrorCode code = removed.error().code();
      const int exit_code = code == ErrorCode::kNotFound ? 1 : code == ErrorCode::kBusy ? 2 : kExitFailure;
      worst = std::max(worst, exit_code);
      return removed.error();
    });
    return worst;
  }

 private:
  Result<> RemoveOne(const Context& context, pod::Engine& engine, const std::string& name) const {
    if (force_) TRY(RemoveUsers(engine, name));
    else TRY(CheckUnused(engine, name));
    const Result<image::Image> image = engine.images().Find(name);
    const std::string id = image ? image->id : "";
    const auto parent = Parent(engine.images(), id);
    const Result<image::Store::Removed> removed = engine.images().Remove(name, force_ || all_);
    // With --all an earlier one may have taken it along.
    if (!removed && (ignore_ || force_ || all_) && removed.error().code() == ErrorCode::kNotFound) return {};
    if (!removed) return removed.error();
    for (const std::string& tag : removed->untagged) {
      PrintLine("Untagged: " + tag);
      context.Record("image", "untag", id, tag);
    }
    for (const std::string& deleted : removed->deleted) {
      PrintLine("Deleted: " + deleted);
      context.Record("image", "remove", deleted, name);
    }
    if (removed->deleted.empty() || no_prune_) return {};
    ASSIGN_OR_RETURN(const auto parents, RemoveUnneededParents(engine.images(), parent));
    for (const std::string& deleted : parents) {
      PrintLine("Deleted: " + deleted);
      context.Record("image", "remove", deleted, "");
    }
    return {};
  }

  static std::string Parent(const image::Store& store, const std::string& id) {
    const auto family = image::Family::Load(store);
    const image::Image* parent = family ? family->Parent(id) : nullptr;
    return parent == nullptr ? "" : parent->id;
  }

  // Our containers that use the image; none when there is no such image: Remove says so.
  static Result<std::vector<pod::ContainerInfo>> Users(pod::Engine& engine, const std::string& name) {
    std::vector<pod::ContainerInfo> users;
    const Result<image::Image> image = engine.images().Find(name);
    if (!image) return users;
    ASSIGN_OR_RETURN(users, engine.ListContainers());
    std::erase_if(users,
                  [&](const pod::ContainerInfo& container) { return container.image_id != image->id; });
    return users;
  }

  // One name of several may go while containers use the image.
  static bool OnlyUntags(pod::Engine& engine, const std::string& name) {
    const Result<image::Image> image = engine.images().Find(name);
    return image && image->names.size() > 1 && !image->id.starts_with(name) && name != "sha256:" + image->id;
  }

  static Result<> RemoveUsers(pod::Engine& engine, const std::string& name) {
    if (OnlyUntags(engine, name)) return {};
    ASSIGN_OR_RETURN(const std::vector<pod::ContainerInfo> users, Users(engine, name));
    for (const pod::ContainerInfo& container : users) TRY(engine.RemoveContainer(container.id, true));
    return {};
  }

  static Result<> CheckUnused(pod::Engine& engine, const std::string& name) {
    ASSIGN_OR_RETURN(const std::vector<pod::ContainerInfo> users, Users(engine, name));
    if (users.empty() || OnlyUntags(engine, name)) return {};
    const std::string others = users.size() == 1 ? "" : fmt::format(" and {} more", users.size() - 1);
    return MakeError(ErrorCode::kBusy,
                     "image {} is in use by container {}{}: remove it first, or use --force", name,
                     users.front().name, others);
  }

  bool force_ = false, all_ = false, ignore_ = false, no_prune_ = false;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeImageRemove() { return std::make_unique<ImageRemoveCommand>(); }

}  // namespace skiff::cli
