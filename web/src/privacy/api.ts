import { ApiError, request } from "@/api/http";
import type {
  AuditPage,
  CustomerFound,
  DeletionReceiptRow,
  HoldRequest,
  LegalHold,
  ReceiptPage,
  RetentionOverview,
  RetentionRuleRequest,
} from "@/wire";

const part = encodeURIComponent;

export const privacy = {
  rules: () => request<RetentionOverview>("GET", "/v1/privacy/rules"),
  setRule: (name: string, rule: RetentionRuleRequest) => request<void>("PUT", `/v1/privacy/rules/${part(name)}`, rule),
  holds: () => request<LegalHold[]>("GET", "/v1/privacy/holds"),
  place: (hold: HoldRequest) => request<LegalHold>("POST", "/v1/privacy/holds", hold),
  release: (id: string, reason: string) =>
    request<LegalHold>("POST", `/v1/privacy/holds/${part(id)}/release`, { reason }),
  find: (customer: string) => request<CustomerFound>("POST", "/v1/privacy/customer", { customer }),
  remove: (customer: string, confirm: string) =>
    request<DeletionReceiptRow>("POST", "/v1/privacy/customer/delete", { customer, confirm }),
  receipts: (offset: number, limit: number) =>
    request<ReceiptPage>("GET", `/v1/privacy/receipts?offset=${offset}&limit=${limit}`),
  audit: (params: URLSearchParams) => request<AuditPage>("GET", `/v1/audit?${params}`),
};

/** Lets the browser save a customer's export. The reference goes in a body: addresses end up in logs. */
export async function saveExport(customer: string): Promise<void> {
  const init: RequestInit = {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ customer }),
  };
  const response = await fetch("/v1/privacy/customer/export", init).catch(() => {
    throw new ApiError(0, null);
  });
  if (!response.ok) throw new ApiError(response.status, (await response.json().catch(() => ({}))).problem ?? null);
  const blob = await response.blob().catch(() => {
    throw new ApiError(0, null);
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "export.zip";
  link.click();
  URL.revokeObjectURL(link.href);
}
