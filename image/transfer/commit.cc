// An image of what a container has written, and a container's files as a tar stream.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "image/record_file.h"
#include "image/reference.h"
#include "image/transfer/blob_store.h"
#include "image/transfer/dockerfile_change.h"
#include "image/transfer/image_archive.h"
#include "image/transfer/image_writer.h"
#include "image/transfer/layer_export.h"
#include "image/transfer/operations.h"
#include "image/transfer/platform.h"
#include "image/transfer/tree_source.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;
using common::UniqueFd;

Result<UniqueFd> OpenDirectory(const std::string& source) {
  const auto number = DescriptorNumber(source);
  if (!number) return MakeError(ErrorCode::kInvalid, "{} is not a descriptor", source);
  // A descriptor of its own place: the tree may be read again.
  UniqueFd fd(::openat(*number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return common::ErrnoError("open the container's files");
  return fd;
}

// Mount points that every engine makes in a container's root and that hold nothing of its own.
bool IsEnginesOwn(const std::string& path, const struct stat& info) {
  static const std::vector<std::string> kFiles = {"etc/hosts", "etc/hostname", "etc/resolv.conf", "run/.containerenv"};
  return S_ISREG(info.st_mode) && info.st_size == 0 && std::find(kFiles.begin(), kFiles.end(), path) != kFiles.end();
}

struct Parent {
  std::string top_layer;
  std::string config;
  std::vector<StoredLayer> layers;
};

Result<Parent> ReadParent(const StorageLayout& layout, const std::string& id) {
  Parent parent;
  if (id.empty()) return parent;
  ASSIGN_OR_RETURN(const RecordFile images, RecordFile::Load(layout.ImagesJson()));
  const JsonValue* record = images.FindById(id);
  if (record == nullptr) return MakeError(ErrorCode::kNotFound, "the container's image {} is no longer in the local store", id);
  parent.top_layer = common::GetString(*record, "layer");
  ASSIGN_OR_RETURN(parent.config, common::ReadFile(layout.ImageData(id, "sha256:" + id)), "image {} has no configuration", id);
  ASSIGN_OR_RETURN(parent.layers, StoredLayers(layout, parent.top_layer), "image {}", id);
  return parent;
}

TreeOptions UpperOptions(const StorageLayout& layout, const std::vector<StoredLayer>& lower) {
  std::vector<std::string> directories;
  for (const auto& layer : lower) directories.push_back(layout.LayerDir(layer.id) + "/diff/");
  TreeOptions options;
  options.is_upper = true;
  options.leave_out = IsEnginesOwn;
  options.lower_has_directory = [directories](const std::string& path) {
    struct stat info;
    return std::any_of(directories.begin(), directories.end(), [&](const std::string& directory) {
      return ::lstat((directory + path).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    });
  };
  return options;
}

JsonValue& Member(JsonBuilder& json, JsonValue& object, const char* name, JsonValue empty) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || member->value.GetType() != empty.GetType()) json.Set(object, name, std::move(empty));
  return object.FindMember(name)->value;
}

Result<> ApplyOverlay(JsonBuilder& json, const CommitOptions& options) {
  JsonValue& config = Member(json, json.root(), "config", json.Object());
  if (!options.config.empty()) {
    ASSIGN_OR_RETURN(const auto overlay, common::ParseJson(options.config, "the container's configuration"));
    for (const auto& member : overlay.GetObject())
      json.Set(config, {member.name.GetString(), member.name.GetStringLength()}, JsonValue(member.value, json.allocator()));
  }
  for (const auto& change : options.changes) TRY(ApplyChange(change, json, config));
  return {};
}

Result<> DescribeCommit(JsonBuilder& json, const CommitOptions& options) {
  JsonValue& root = json.root();
  const std::string now = common::FormatTime(common::Now(), true);
  for (const char* name : {"id", "parent", "container", "container_config", "comment"}) root.RemoveMember(name);
  json.Set(root, "created", now);
  if (!root.HasMember("architecture")) json.Set(root, "architecture", MachineArchitecture());
  if (!root.HasMember("os")) json.Set(root, "os", "linux");
  if (!options.author.empty()) json.Set(root, "author", options.author);
  if (!options.message.empty()) json.Set(root, "comment", options.message);
  if (options.docker_format && !options.parent_id.empty()) json.Set(root, "parent", "sha256:" + options.parent_id);
  TRY(ApplyOverlay(json, options));
  JsonValue step = json.Object();
  json.Set(step, "created", now);
  json.Set(step, "created_by", "/bin/sh");
  if (!options.author.empty()) json.Set(step, "author", options.author);
  if (!options.from.empty()) json.Set(step, "comment", "FROM " + options.from);
  json.Push(Member(json, root, "history", json.Array()), std::move(step));
  return {};
}

}  // namespace

Result<LoadedImage> Commit(const common::SystemPaths& paths, const std::string& source, const CommitOptions& options) {
  const StorageLayout layout(paths);
  ImageText text;
  if (!options.name.empty()) {
    ASSIGN_OR_RETURN(text.names.emplace_back(), NormalizeNewName(options.name));
  }
  ASSIGN_OR_RETURN(const Parent parent, ReadParent(layout, options.parent_id));
  JsonBuilder config;
  if (const std::string& base = options.parent_id.empty() ? options.base_config : parent.config; !base.empty()) {
    ASSIGN_OR_RETURN(const auto document, common::ParseJson(base, "the image's configuration"));
    config.root().CopyFrom(document, config.allocator());
    if (options.parent_id.empty()) config.root().RemoveMember("history");
  }
  TRY(DescribeCommit(config, options));

  ASSIGN_OR_RETURN(ImageWriter writer, ImageWriter::Create(layout, paths.rootless));
  std::vector<LayerSource> sources;
  for (const auto& layer : parent.layers)
    sources.push_back({layer.diff_digest, "", -1, [&layout, layer] { return OpenLayerTar(layout, layer); }});
  sources.push_back({"", "", -1, [&]() -> Result<std::unique_ptr<ByteSource>> {
    ASSIGN_OR_RETURN(UniqueFd directory, OpenDirectory(source));
    return ReadTree(std::move(directory), options.parent_id.empty() ? TreeOptions() : UpperOptions(layout, parent.layers));
  }});
  TRY(writer.AddLayers(std::move(sources)));

  std::vector<ManifestLayer> layers;
  std::vector<std::string> diff_ids;
  for (const auto& facts : writer.layers()) {
    layers.push_back({facts.diff_digest, facts.diff_size, false});
    diff_ids.push_back(facts.diff_digest);
  }
  JsonValue rootfs = config.Object();
  config.Set(rootfs, "type", "layers");
  config.Set(rootfs, "diff_ids", config.Strings(diff_ids));
  config.Set(config.root(), "rootfs", std::move(rootfs));
  text.config = common::ToJson(config.root());
  text.manifest = options.docker_format ? MakeDockerManifest(text.config, layers) : MakeOciManifest(text.config, layers);
  return writer.Commit(text);
}

Result<> Export(const std::string& source, int output) {
  ASSIGN_OR_RETURN(UniqueFd directory, OpenDirectory(source));
  const auto tar = ReadTree(std::move(directory), {});
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view chunk, tar->Next());
    if (chunk.empty()) return {};
    TRY(common::WriteAll(output, chunk));
  }
}

}  // namespace skiff::image
