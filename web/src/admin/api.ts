/** The doors of people and keys. */
import { request } from "@/api/http";
import type {
  AddKeyRequest,
  AddUserRequest,
  ChangeUserRequest,
  ExtensionRequest,
  KeyRow,
  NewKeyShown,
  People,
  QueueRow,
  SaveQueueRequest,
  TemporaryPassword,
  UserRow,
} from "@/wire";

const part = encodeURIComponent;
const person = (id: string): string => `/v1/admin/people/${part(id)}`;

export const admin = {
  people: () => request<People>("GET", "/v1/admin/people"),
  add: (body: AddUserRequest) => request<TemporaryPassword>("POST", "/v1/admin/people", body),
  change: (id: string, body: ChangeUserRequest) => request<UserRow>("PATCH", person(id), body),
  unlock: (id: string) => request<UserRow>("POST", `${person(id)}/unlock`),
  resetPassword: (id: string) => request<TemporaryPassword>("POST", `${person(id)}/password`),
  giveExtension: (id: string, body: ExtensionRequest) => request<UserRow>("POST", `${person(id)}/extensions`, body),
  freeExtension: (id: string, extension: string) =>
    request<UserRow>("DELETE", `${person(id)}/extensions/${part(extension)}`),
  keys: () => request<KeyRow[]>("GET", "/v1/admin/keys"),
  addKey: (body: AddKeyRequest) => request<NewKeyShown>("POST", "/v1/admin/keys", body),
  queues: () => request<QueueRow[]>("GET", "/v1/admin/queues"),
  saveQueue: (queue: string, body: SaveQueueRequest) =>
    request<QueueRow>("PUT", `/v1/admin/queues/${part(queue)}`, body),
  revokeKey: (id: string) => request<KeyRow>("DELETE", `/v1/admin/keys/${part(id)}`),
};
