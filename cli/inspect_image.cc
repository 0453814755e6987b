#include "cli/inspect_view.h"
#include "cli/notation/text.h"

namespace skiff::cli {

using common::JsonBuilder;
using common::JsonDocument;
using common::JsonValue;
using common::Result;

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
  JsonValue digests = b.Array();
  for (const std::string& name : image.names)
    b.Push(digests, name.substr(0, name.rfind(':')) + "@" + image.digest);
  b.Set(object, "RepoDigests", std::move(digests));
  b.Set(object, "Parent", "");
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
  ASSIGN_OR_RETURN(const std::vector<std::string> layers, store.LowerDirs(image));
  JsonValue data = b.Object();
  b.Set(data, "LowerDir", Join(layers, ":"));
  b.Set(driver, "Data", std::move(data));
  b.Set(object, "GraphDriver", std::move(driver));
  JsonValue rootfs = b.Object();
  b.Set(rootfs, "Type", "layers");
  if (const JsonValue* stored = common::FindObject(config, "rootfs"))
    b.Set(rootfs, "Layers", copy(*stored, "diff_ids"));
  b.Set(object, "RootFS", std::move(rootfs));
  b.Set(object, "Labels", b.StringMap(image.config.labels));
  b.Set(object, "Annotations", copy(manifest, "annotations"));
  b.Set(object, "ManifestType",
        common::GetString(manifest, "mediaType", "application/vnd.oci.image.manifest.v1+json"));
  b.Set(object, "User", image.config.user);
  b.Set(object, "History", copy(config, "history"));
  b.Set(object, "NamesHistory", b.Strings(image.names));
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
