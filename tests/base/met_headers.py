"""Header rows met in public programs that export clients' tables, with invented values, and what each column is.

One line a column: "header > field, or fields > kind of values". The header rows were taken as they are; they were not
known when the dictionary of synonyms was written.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sheets_crm.books.model import Grid
from tests.base import trade_books as made
from tests.base.builders import grid_from_rows

_MAKERS = {
    "ru_person": made.ru_person, "en_person": made.en_person, "ru_firm": made.ru_firm, "en_firm": made.en_firm,
    "ru_first": made.ru_first, "en_first": made.en_first, "en_last": made.en_last,
    "ru_phone": made.ru_phone, "us_phone": made.us_phone, "email": made.email, "past": made.past(300),
    "soon": made.soon(40), "money": made.money(500, 90000), "small": made.whole(1, 9), "percent": made.whole(0, 60),
    "n": made.counter, "code": made.numbered("A-{:04}", 1), "ru_note": made.RU_NOTE, "en_note": made.EN_NOTE,
    "born": made.born, "ru_manager": made.RU_MANAGER, "en_manager": made.EN_MANAGER,
    "time": made.words("10:00", "11:30", "15:45"),
    "ru_stage": made.words("Новый", "Подтверждён", "Завершён", "Отменён"),
    "en_stage": made.words("New", "Contacted", "Proposal sent", "Won", "Lost"),
    "ru_paid": made.words("Оплачено", "Не оплачено"), "en_paid": made.words("Paid", "Unpaid"),
    "ru_city": made.words("Москва", "Тула", "Казань"), "en_city": made.words("Austin", "Denver", "Miami"),
    "ru_kind": made.words("ремонт", "диагностика", "замена масла"), "en_kind": made.words("Web", "Referral", "Event"),
    "ru_goods": made.words("Samsung S25", "чехол", "зарядка"), "en_goods": made.words("Mug", "Tee", "Cap"),
    "plate": made.words("А123ВС77", "К045ММ199"), "ru_model": made.words("Kia Rio", "Lada Vesta", "BMW X5"),
    "fault": made.words("не включается", "разбит экран", "шумит"), "role": made.words("CEO", "Buyer", "Head of IT"),
    "url": made.numbered("https://site{}.example"), "handle": made.numbered("@user{}_tg"),
    "address": lambda rng, _: f"{rng.randrange(1, 900)} Oak Street",
    "ru_address": lambda rng, _: f"ул. Ленина, д. {rng.randrange(1, 90)}",
    "method": made.words("нал", "карта", "СБП"), "en_method": made.words("Cash", "Card"), "text": made.words("call", "send quote"),
    "ru_text": made.words("интересует цена на окна", "просил перезвонить завтра"), "nothing": lambda *_: None,
    "datetime": lambda rng, _: (date(2026, 1, 5) + timedelta(days=rng.randrange(90))).isoformat(),
}  # fmt: skip

_SHEETS = {
    "Записи": "ID > visit.id|deal.id|client.id > n; Дата > visit.date > past; Клиент > client.name > ru_person; Телефон > client.phone > ru_phone; Услуга > visit.service > ru_kind; Цена > visit.amount > money; Статус > visit.result|deal.stage > ru_stage; Примечания > visit.note|client.note > ru_note; Мастер > visit.manager|client.manager > ru_manager",
    "Заявки гостей": "ID > lead.id|deal.id|client.id > n; Дата > deal.created|lead.created|client.first_contact_date > past; Клиент > client.name > ru_person; Телефон > client.phone > ru_phone; Гости > > small; Сумма > deal.amount|lead.amount > money; Статус > deal.stage|lead.stage > ru_stage",
    "Журнал записи": "ID > visit.id|client.id > n; Дата > visit.date > past; Время > > time; Мастер > visit.manager|client.manager > ru_manager; Услуга > visit.service > ru_kind; Цена > visit.amount > money; Клиент > client.name > ru_person; Телефон > client.phone > ru_phone; Статус > visit.result|deal.stage > ru_stage",
    "Бронирования": "Дата > visit.date|deal.created > past; Время > > time; Тип бронирования > > ru_kind; Клиент > client.name > ru_person; Телефон > client.phone > ru_phone; Количество > deal.qty| > small; Скидка % > client.discount > percent; Сумма > deal.amount|visit.amount > money; Статус оплаты > deal.stage| > ru_paid",
    "Заказы": "Номер > deal.id|client.id > code; Тип > client.client_type| > ru_kind; Клиент > client.name > ru_person; Телефон > client.phone > ru_phone; Email > client.email > email; Статус > deal.stage|lead.stage > ru_stage; Оплата > > ru_paid; Сумма > deal.amount|lead.amount > money; Доставка > > ru_kind; Дата > deal.created|lead.created|client.first_contact_date > past",
    "Автосервис": "Дата > visit.date > past; Клиент > client.name > ru_person; Телефон > client.phone > ru_phone; Услуга > visit.service > ru_kind; Модель > visit.car| > ru_model; Госномер > visit.car| > plate; Стоимость > visit.amount > money; Статус > visit.result|deal.stage > ru_stage; Механик > visit.manager|client.manager > ru_manager; Примечания > visit.note|client.note > ru_note",
    "Ремонты": "№ > visit.id|deal.id|client.id > n; ДАТА > visit.date|deal.created > past; КЛИЕНТ > client.name > ru_person; ТЕЛЕФОН > client.phone > ru_phone; ОБОРУДОВАНИЕ > > ru_goods; МОДЕЛЬ > > ru_model; НЕИСПРАВНОСТЬ > visit.complaint > fault; СТОИМОСТЬ > visit.amount|deal.amount > money; СТАТУС > deal.stage|visit.result > ru_stage",
    "Рассрочка": "Номер документа > deal.invoice_no|deal.id|order.id > n; Внутренний номер > client.id|deal.id| > code; Дата продажи > order.date|deal.closed|deal.created > past; Клиент > client.name > ru_person; Телефон > client.phone > ru_phone; Код товара > > code; Наименование товара > order.product|deal.product > ru_goods; Цена продажи > order.unit_price|deal.amount > money; Количество > order.qty|deal.qty > small; IMEI > > code; Общая сумма > order.total|deal.amount|client.revenue_total > money; Оплачено > deal.paid_amount > money; Остаток долга > deal.balance > money; Количество платежей > > small",
    "Intro list": "Name > client.name|client.contact_person > en_person; Email > client.email > email; Company > client.legal_name|client.name| > en_firm; Role > client.position > role; Intro > > en_kind; Rep > client.manager > en_manager; Last Contact Date > client.last_contact_date > past; Last Contact Notes > > en_note; Next Action Date > client.next_step_date > soon; Next Action > client.next_step > text; Other Notes > client.note > en_note",
    "Импорт": "Название > client.name > ru_firm; Тип > client.client_type > ru_kind; ФИО > client.contact_person > ru_person; Телефон > client.phone > ru_phone; Email > client.email > email; Город > client.city > ru_city; Сайт > client.website > url",
    "Orders export": "Order ID > deal.id|order.id > code; Date > deal.created|order.date > past; Status > deal.stage > en_stage; Customer Name > client.name > en_person; Phone > client.phone > us_phone; Email > client.email > email; Address > client.address > address; Contact Via > > en_method; Items > deal.product|order.product > en_goods; Quantities > deal.qty|order.qty > small; Unit Prices > order.unit_price| > money; Total Price > deal.amount|order.total > money; Special Requests > client.special_terms > en_note",
    "Customers report": "Customer Name > client.name > en_person; Phone > client.phone > us_phone; Email > client.email > email; Total Purchases > client.revenue_total > money; Loyalty Points > client.loyalty_status > money",
    "Online orders": "Order Number > deal.id > code; Date > deal.created > past; Customer Name > client.name > en_person; Phone > client.phone > us_phone; Email > client.email > email; Status > deal.stage > en_stage; Payment Status > > en_paid; Total (USD) > deal.amount > money; Customer Note > client.note|deal.note > en_note",
    "Solar leads": "DATE STAMP > client.first_contact_date|lead.created|deal.created > past; Name > client.name > en_person; Contact Number > client.phone > us_phone; Email Address > client.email > email; Address > client.address > address; Outcome > > text; Lead Source > client.source|lead.source > en_kind; Status > lead.stage|deal.stage > en_stage; Product > deal.product| > en_goods; Sale Status > > en_paid; DATE SENT > deal.offer_date| > past; No of Days > > small; COSTS > > money",
    "Jobs": "Date > deal.created|lead.created|client.first_contact_date > past; Client Name > client.name > en_person; Phone > client.phone > us_phone; Email > client.email > email; Address > client.address > address; Lead Source > client.source > en_kind; Status > deal.stage > en_stage; Quote > deal.amount| > money; Amount > deal.amount| > money; Invoice > deal.invoice_no > code; Invoice Sent > deal.invoice_date > past; Paid > deal.paid_amount > money; Notes > client.note|deal.note > en_note",
    "Agents import": "First Name > client.first_name > en_first; Last Name > client.last_name > en_last; Phone > client.phone > us_phone; Email > client.email > email; Location > client.city > en_city; Occupation > client.position > role; Lead Source > client.source > en_kind; Status > lead.stage|deal.stage > en_stage; Assigned Agent Email > client.manager| > email; Notes > client.note > en_note",
    "HubSpot": "First Name > client.first_name > en_first; Last Name > client.last_name > en_last; Email > client.email > email; Phone > client.phone > us_phone; Company Name > client.name|client.legal_name > en_firm; Website > client.website > url; City > client.city > en_city; State > client.city| > en_city; Vertical > client.client_type > en_kind; City Cluster > > en_city; Role (Guess) > client.position > role; Lead Source > client.source > en_kind; Status > lead.stage|deal.stage > en_stage; Last Touch Date > client.last_contact_date > past; Next Step > lead.next_step|client.next_step|deal.next_step > text; Notes > client.note > en_note",
    "Event pipeline": "Date > deal.created|lead.created > past; Event Name > deal.title|lead.title| > en_kind; Event Type > > en_kind; Client Name > deal.client|lead.client|client.name > en_firm; Lead Source > deal.source|lead.source|client.source > en_kind; Status > deal.stage|lead.stage > en_stage; Revenue > deal.amount| > money",
    "Lead export": "ID > client.id|lead.id|deal.id > n; Company > client.name > en_firm; Contact > client.contact_person > en_person; Email > client.email > email; Phone > client.phone > us_phone; Role > client.position > role; Headcount > > small; Model > > en_kind; Urgency > > text; Budget > deal.amount|lead.amount > money; Status > deal.stage|lead.stage > en_stage; Date > client.first_contact_date|lead.created|deal.created > past",
    "Leads": "Company > client.name > en_firm; Contact > client.contact_person > en_person; Email > client.email > email; Phone > client.phone > us_phone; Status > lead.stage|deal.stage > en_stage; Source > client.source|lead.source > en_kind; Value > lead.amount|deal.amount > money",
    "Detailing": "ID записи > visit.id|deal.id|client.id > n; Филиал > > ru_city; Услуга > visit.service|deal.product > ru_kind; Дата > visit.date > past; Время > > time; Марка автомобиля > visit.car > ru_model; Модель автомобиля > visit.car| > ru_model; Год > > small; ФИО клиента > client.name > ru_person; Телефон > client.phone > ru_phone; Email > client.email > email; Предоплата % > > percent; Общая сумма > visit.amount|deal.amount > money; Предоплачено > visit.paid_amount|deal.paid_amount > money; Статус записи > visit.result|deal.stage > ru_stage; Статус оплаты > > ru_paid; Дата создания > client.first_contact_date|deal.created > past",
    "Договоры": "№ ДО > deal.id > code; Дата > deal.created > past; Контрагент > deal.client > ru_firm; Сумма > deal.amount > money; Оплачено > deal.paid_amount > money; Остаток > deal.balance > money; Статус > deal.stage > ru_stage",
    "Реестр платежей": "ID > payment.id|deal.id > n; Дата > payment.date|deal.created > past; Контрагент > payment.client|deal.client > ru_firm; Сумма > payment.amount|deal.amount > money; Счёт > payment.invoice_no|deal.invoice_no > code; Статья > > ru_kind; Назначение > payment.note|payment.deal|deal.title| > ru_text; Статус > deal.stage| > ru_paid",
    "Отгрузки": "Дата > deal.created|order.date|deal.closed > past; Номер > deal.id|order.id > code; Контрагент > deal.client|order.client > ru_firm; Сумма > deal.amount|order.total > money; Статус > deal.stage > ru_stage; Проект > deal.title| > ru_kind; Канал продаж > deal.source > ru_kind",
    "Записи на приём": "Дата > visit.date > past; Время > > time; Врач > visit.manager|client.manager > ru_manager; Пациент > client.name|visit.client > ru_person; Телефон > client.phone > ru_phone; Telegram ID > client.messenger| > n; Telegram Username > client.messenger > handle; Статус > visit.result|deal.stage > ru_stage; Создано > client.first_contact_date|deal.created| > past; Напоминание > > ru_paid",
    "Должники": "Пациент > client.name > ru_person; Телефон > client.phone > ru_phone; Долг > deal.balance| > money; Последний визит > client.last_purchase_date > past",
    "Контакты с сайта": "Дата обращения > client.first_contact_date|lead.created > past; Источник обращения > client.source|lead.source > ru_kind; Фамилия врача > client.manager|lead.manager > ru_manager; Пациент > client.name > ru_person; Телефон > client.phone > ru_phone; Почта > client.email > email; Примечание > client.note > ru_note",
    "Invoices": "Invoice Number > deal.invoice_no|deal.id > code; Customer > deal.client > en_firm; Date > deal.invoice_date|deal.created > past; Due Date > deal.due_date > soon; Status > deal.stage > en_paid; Grand Total > deal.amount > money; Amount Paid > deal.paid_amount > money; Balance Due > deal.balance > money",
    "Sales": "ID > payment.id|order.id|deal.id > n; Date > payment.date|order.date|deal.created > past; Invoice Number > payment.invoice_no|deal.invoice_no > code; Customer > payment.client|order.client|deal.client > en_firm; Payment Method > payment.method > en_method; Total Amount > payment.amount|order.total|deal.amount > money",
    "Продажи тарифов": "Дата > payment.date|order.date|deal.created > past; Менеджер > deal.manager| > ru_manager; Клиент > payment.client|order.client|deal.client > ru_person; Тариф > order.product|deal.product| > ru_kind; Сумма > payment.amount|order.total|deal.amount > money; Способ > payment.method > method",
    "Доставка": "ФИО клиента > client.name > ru_person; Телефон > client.phone > ru_phone; Адрес > client.address > ru_address; ФИО работника доставки > client.manager| > ru_person; Номер заказа > deal.id|order.id > code; Приоритет заказа > > small; Модель детали > > ru_model; Стоимость > deal.amount > money; Статус > deal.stage > ru_stage",
    "База пациентов": "Код > client.id > n; ФИО > client.name > ru_person; Телефон > client.phone > ru_phone; Дата рождения > client.birthday > born; Комментарий > client.note > ru_text",
    "Пассажиры": "Код клиента > client.id > code; ФИО > client.name > ru_person; телефоны > client.phone > ru_phone; адрес > client.address > ru_address; дата рождения > client.birthday > born",
}  # fmt: skip


def grids() -> dict[str, tuple[Grid, dict[int, str]]]:
    """Sheet -> its grid and the fields expected by column."""
    found = {}
    for place, (name, text) in enumerate(_SHEETS.items()):
        columns = [tuple(part.strip() for part in line.split(">")) for line in text.split(";")]
        rng = Random(place)
        rows: list[list[object]] = [[header for header, _, _ in columns]]
        rows += [[_MAKERS[kind](rng, row) for _, _, kind in columns] for row in range(30)]
        found[name] = grid_from_rows(rows, name=name), {index: fields for index, (_, fields, _) in enumerate(columns)}
    return found
