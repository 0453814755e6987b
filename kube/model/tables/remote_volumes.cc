#include "kube/model/tables/shape.h"
#include "kube/model/types/volume.h"

namespace skiff::kube {

namespace {

// All of them live in Volume::remote, which knows the field's name.
Field Remote(std::string_view name,
             std::string_view note = "mount it on the host and use hostPath, or use a persistentVolumeClaim") {
  Field field = S(name, MapOf(AnyType()), Support::kRefused);
  field.note = note;
  field.decode = [](const Field& self, const Value& value, void* volume) {
    static_cast<Volume*>(volume)->remote = RemoteVolumeSource{std::string(self.name), value};
  };
  field.encode = [](const Field& self, const void* volume, bool) {
    const auto& remote = static_cast<const Volume*>(volume)->remote;
    return remote && remote->kind == self.name ? remote->source : Value();
  };
  return field;
}

}  // namespace

std::vector<Field> RemoteVolumeFields() {
  return {
      Remote("nfs"),          Remote("csi"),        Remote("gitRepo", "clone the repository in an init container into an emptyDir"),
      Remote("iscsi"),        Remote("fc"),         Remote("rbd"),
      Remote("cephfs"),       Remote("glusterfs"),  Remote("flexVolume"),
      Remote("flocker"),      Remote("quobyte"),    Remote("photonPersistentDisk"),
      Remote("scaleIO"),      Remote("storageos"),  Remote("gcePersistentDisk"),
      Remote("awsElasticBlockStore"), Remote("cinder"), Remote("azureFile"),
      Remote("azureDisk"),    Remote("vsphereVolume"), Remote("portworxVolume"),
  };
}

}  // namespace skiff::kube
