#include <filesystem>

#include "cli/image/image_names.h"
#include "cli/inspect_view.h"
#include "cli/notation/text.h"
#include "image/family.h"

namespace skiff::cli {

using common::JsonBuilder;
using common::JsonDocument;
using common::JsonValue;
using common::Result;

namespace {

// As if the top layer were mounted to be written.
Result<JsonValue> GraphData(const image::Image& image, const image::Store& store, JsonBuilder& b) {
  JsonValue data = b.Object();
  ASSIGN_OR_RETURN(auto layers, store.LowerDirs(image));
  // "overlay/l/SHORT" is a link to "overlay/ID/diff", which is what podman shows.
  for (std::string& layer : layers) {
    std::error_code error;
    if (const auto real = std::filesystem::canonical(layer, error); !error) layer = real.string();
  }
  if (layers.empty()) return data;
  const std::string upper = layers.front();
  layers.erase(layers.begin());
  if (!layers.empty()) b.Set(data, "LowerDir", Join(layers, ":"));
  b.Set(data, "UpperDir", upper);
  b.Set(data, "WorkDir", upper.substr(0, upper.rfind('/')) + "/work");
  return data;
}

}  // namespace

Result<JsonValue> ImageInspectJson(const image::Image& image, const image::Store& store, JsonBuilder& b) {
  ASSIGN_OR_RETURN(const std::string config_text, store.ReadConfig(image));
  ASSIGN_OR_RETURN(const JsonDocument config, common::ParseJson(config_text, "image configuration"));
  ASSIGN_OR_RETURN(const std::string manifest_text, store.ReadManifest(image));
  ASSIGN_OR_RETURN(const JsonDocument manifest, common::ParseJson(manifest_text, "image manifest"));
  const auto copy = [&](const JsonValue& object, const char* name) {
    const auto member = object.FindMember(name);
    return member == object.MemberEnd() ? JsonValue() : JsonValue(member->value, b.allocator());
  };
  JsonValue object = b.Object();
  b.Set(object, "Id", image.id);
  b.Set(object, "Digest", image.digest);
  b.Set(object, "RepoTags", b.Strings(image.names));
  b.Set(object, "RepoDigests", b.Strings(RepoDigests(image)));
  const auto family = image::Family::Load(store);
  const image::Image* parent = family ? family->Parent(image.id) : nullptr;
  b.Set(object, "Parent", parent == nullptr ? "" : parent->id);
  b.Set(object, "Comment", common::GetString(config, "comment"));
  b.Set(object, "Created", image.created);
  b.Set(object, "Config", copy(config, "config"));
  b.Set(object, "Version", "");
  b.Set(object, "Author", common::GetString(config, "author"));
  b.Set(object, "Architecture", image.architecture);
  b.Set(object, "Os", image.os);
  b.Set(object, "Size", image.size);
  b.Set(object, "VirtualSize", image.size);
  JsonValue driver = b.Object();
  b.Set(driver, "Name", "overlay");
  ASSIGN_OR_RETURN(JsonValue data, GraphData(image, store, b));
  b.Set(driver, "Data", std::move(data));
  b.Set(object, "GraphDriver", std::move(driver));
  JsonValue rootfs = b.Object();
  b.Set(rootfs, "Type", "layers");
  if (const JsonValue* stored = common::FindObject(config, "rootfs"))
    b.Set(rootfs, "Layers", copy(*stored, "diff_ids"));
  b.Set(object, "RootFS", std::move(rootfs));
  b.Set(object, "Labels", image.config.labels.empty() ? JsonValue() : b.StringMap(image.config.labels));
  JsonValue annotations = copy(manifest, "annotations");
  b.Set(object, "Annotations", annotations.IsObject() ? std::move(annotations) : b.Object());
  b.Set(object, "ManifestType",
        common::GetString(manifest, "mediaType", "application/vnd.oci.image.manifest.v1+json"));
  b.Set(object, "User", image.config.user);
  b.Set(object, "History", copy(config, "history"));
  b.Set(object, "NamesHistory", b.Strings(image.names_history));
  return object;
}

JsonValue VolumeJson(const pod::Engine::VolumeInfo& volume, JsonBuilder& b) {
  JsonValue object = b.Object();
  b.Set(object, "Name", volume.name);
  b.Set(object, "Driver", "local");
  b.Set(object, "Mountpoint", volume.mount_point);
  b.Set(object, "CreatedAt", volume.created);
  b.Set(object, "Labels", b.StringMap(volume.labels));
  b.Set(object, "Scope", "local");
  b.Set(object, "Options", b.Object());
  b.Set(object, "Anonymous", volume.anonymous);
  return object;
}

}  // namespace skiff::cli
